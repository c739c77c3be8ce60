/**
 * Names for what modes keep in the kernel and count. Knows no single table, chain, set or device; the modes and the
 * kernel's room do.
 */
@NullMarked
package dev.sluice.core.kernel;

import org.jspecify.annotations.NullMarked;
