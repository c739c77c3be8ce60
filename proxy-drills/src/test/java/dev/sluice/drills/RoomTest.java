package dev.sluice.drills;

import dev.sluice.testkit.rooms.RoomLaws;

class RoomTest extends RoomLaws {}
