/* One block of memory for many arrays. */
#ifndef DEPOT_ARENA_H
#define DEPOT_ARENA_H

#include <stddef.h>
#include <stdlib.h>

/* Hands out parts of one block; with `block` 0 it only adds up how much is needed. */
typedef struct {
    char *block;
    size_t used;
} Arena;

static inline void *take_part(Arena *arena, size_t count, size_t size)
{
    void *part = arena->block ? arena->block + arena->used : 0;
    arena->used += (count * size + 63) & ~(size_t)63;
    return part;
}

/* The block for as much as was added up, all 0; or 0 without memory. */
static inline void *open_arena(Arena *arena)
{
    arena->block = calloc(arena->used + 64, 1);
    arena->used = 0;
    return arena->block;
}

#endif
