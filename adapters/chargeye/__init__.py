"""Kempower ChargEye: client, payloads, and a simulator that anybody can try things with."""
