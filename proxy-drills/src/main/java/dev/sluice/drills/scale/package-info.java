/** Runs the daemon with many Services and prints what a start and a change cost. */
@NullMarked
package dev.sluice.drills.scale;

import org.jspecify.annotations.NullMarked;
