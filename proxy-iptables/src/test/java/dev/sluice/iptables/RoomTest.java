package dev.sluice.iptables;

import dev.sluice.testkit.rooms.RoomLaws;

class RoomTest extends RoomLaws {}
