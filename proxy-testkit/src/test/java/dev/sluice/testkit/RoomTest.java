package dev.sluice.testkit;

import dev.sluice.testkit.rooms.RoomLaws;

class RoomTest extends RoomLaws {}
