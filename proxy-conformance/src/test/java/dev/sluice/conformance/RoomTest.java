package dev.sluice.conformance;

import dev.sluice.testkit.rooms.RoomLaws;

class RoomTest extends RoomLaws {}
