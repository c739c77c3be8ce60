@NullMarked
package dev.sluice.testkit.rooms;

import org.jspecify.annotations.NullMarked;
