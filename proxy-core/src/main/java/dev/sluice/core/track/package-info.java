/** Keeps what the cluster wants, and knows what changed since the last sync. */
@NullMarked
package dev.sluice.core.track;

import org.jspecify.annotations.NullMarked;
