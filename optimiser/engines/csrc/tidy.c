/* The same load in every piece, shared out so that whoever leaves first charges first.
 *
 * Costs are on the pieces alone, so any flow with the same loads is as cheap. Filling them once more in the
 * order of time gives each vehicle fewer and earlier runs.
 */
#include <stdlib.h>
#include <string.h>

#include "network.h"

/* More than this left over [kWh]: rounding has closed the way, and the first flow stays. */
#define UNPLACED_KWH 1e-9

typedef struct {
    double *energy, *spare, *site_room;
    Word *holds_in;
    int *order;
} Kept;

static size_t held_words(const Network *net) { return (size_t)net->n_sessions * net->piece_words; }

static double *site_row(const Network *net, double *per_node) { return per_node + node_of(net, net->root, 0); }

static void keep(const Network *net, Kept *kept)
{
    memcpy(kept->energy, net->energy, net->n_cells * sizeof(double));
    memcpy(kept->spare, net->spare, net->n_nodes * sizeof(double));
    memcpy(kept->site_room, site_row(net, net->room), net->n_pieces * sizeof(double));
    memcpy(kept->holds_in, net->holds_in, held_words(net) * sizeof(Word));
    memcpy(kept->order, net->order, net->n_pieces * sizeof(int));
}

static int all_placed(const Network *net)
{
    for (int i = 0; i < net->n_sessions; i++)
        if (net->left[i] > UNPLACED_KWH)
            return 0;
    return 1;
}

static void refill(Network *net)
{
    for (int k = 0; k < net->n_pieces; k++) {
        site_row(net, net->room)[k] -= site_row(net, net->spare)[k];
        net->order[k] = k;
    }
    network_reset(net);
    fill_in_order(net);
}

/* By piece what there is by session. */
static void relay_holds(Network *net)
{
    memset(net->holds, 0, (size_t)net->n_pieces * net->session_words * sizeof(Word));
    for (int i = 0; i < net->n_sessions; i++)
        for (int w = 0; w < net->piece_words; w++)
            for (Word bits = row_of(net->holds_in, i, net->piece_words)[w]; bits; bits &= bits - 1)
                set_bit(row_of(net->holds, 64 * w + lowest_bit(bits), net->session_words), i);
}

/* The site's own rooms again, with the new flow or the one that was kept. */
static void put_back(Network *net, const Kept *kept)
{
    for (int k = 0; k < net->n_pieces; k++)
        site_row(net, net->spare)[k] += kept->site_room[k] - site_row(net, net->room)[k];
    memcpy(site_row(net, net->room), kept->site_room, net->n_pieces * sizeof(double));
    memcpy(net->order, kept->order, net->n_pieces * sizeof(int));
    if (all_placed(net))
        return;
    memcpy(net->energy, kept->energy, net->n_cells * sizeof(double));
    memcpy(net->spare, kept->spare, net->n_nodes * sizeof(double));
    memcpy(net->holds_in, kept->holds_in, held_words(net) * sizeof(Word));
    relay_holds(net);
    memset(net->moved, 0xff, net->session_words * sizeof(Word));
}

int tidy(Network *net)
{
    size_t doubles = net->n_cells + net->n_nodes + net->n_pieces, words = held_words(net);
    double *block = malloc(doubles * sizeof(double) + words * sizeof(Word) + (net->n_pieces + 1) * sizeof(int));
    if (!block)
        return NO_MEMORY;
    Word *held = (Word *)(block + doubles);
    Kept kept = {block, block + net->n_cells, block + net->n_cells + net->n_nodes, held, (int *)(held + words)};
    keep(net, &kept);
    refill(net);
    put_back(net, &kept);
    free(block);
    return FINE;
}
