/** Tests. */
@NullMarked
package dev.sluice.core.track;

import org.jspecify.annotations.NullMarked;
