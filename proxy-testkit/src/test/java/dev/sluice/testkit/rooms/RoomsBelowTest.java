// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.rooms;

import org.junit.jupiter.api.Nested;

/** The laws of the rooms that the kit is built on, which cannot use it in their own tests. */
class RoomsBelowTest {

    @Nested
    class Core extends RoomLaws {
        Core() {
            super("core");
        }
    }

    @Nested
    class Linux extends RoomLaws {
        Linux() {
            super("linux");
        }
    }
}
