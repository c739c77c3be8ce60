/** Mends rules that others change, and tells of it. */
@NullMarked
package dev.sluice.daemon.repair;

import org.jspecify.annotations.NullMarked;
