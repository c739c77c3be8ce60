/** Tests of the core as a whole. */
@NullMarked
package dev.sluice.core;

import org.jspecify.annotations.NullMarked;
