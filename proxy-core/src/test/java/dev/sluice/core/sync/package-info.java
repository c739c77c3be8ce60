/** Tests. */
@NullMarked
package dev.sluice.core.sync;

import org.jspecify.annotations.NullMarked;
