/** HealthSnapshot, and the small HTTP servers that tell of it. */
@NullMarked
package dev.sluice.daemon.health;

import org.jspecify.annotations.NullMarked;
