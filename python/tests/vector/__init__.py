"""Plays tests/vectors through both faces. The README beside the vectors is the contract."""
