// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills;

import dev.sluice.testkit.rooms.RoomLaws;

class RoomTest extends RoomLaws {}
