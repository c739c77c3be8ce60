package dev.sluice.ipvs;

import dev.sluice.testkit.rooms.RoomLaws;

class RoomTest extends RoomLaws {}
