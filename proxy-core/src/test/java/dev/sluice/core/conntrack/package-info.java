/** Tests. */
@NullMarked
package dev.sluice.core.conntrack;

import org.jspecify.annotations.NullMarked;
