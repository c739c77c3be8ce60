/** Tests. */
@NullMarked
package dev.sluice.core.traffic;

import org.jspecify.annotations.NullMarked;
