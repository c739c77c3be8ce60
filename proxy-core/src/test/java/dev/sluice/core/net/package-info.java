/** Tests. */
@NullMarked
package dev.sluice.core.net;

import org.jspecify.annotations.NullMarked;
