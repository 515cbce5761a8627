def dated_sessions(request):
    return tuple(
        s
        for s in request.sessions
        if s.departure_ms > request.now_ms and s.arrival_ms < request.horizon_end_ms
    )
