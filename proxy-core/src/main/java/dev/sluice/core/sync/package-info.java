/** From a change to the kernel: the snapshot, the sync loop, and the backend that every mode implements. */
@NullMarked
package dev.sluice.core.sync;

import org.jspecify.annotations.NullMarked;
