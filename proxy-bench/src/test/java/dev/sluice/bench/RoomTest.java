package dev.sluice.bench;

import dev.sluice.testkit.rooms.RoomLaws;

class RoomTest extends RoomLaws {}
