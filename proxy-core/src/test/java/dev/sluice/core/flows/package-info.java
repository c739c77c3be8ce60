/** Tests. */
@NullMarked
package dev.sluice.core.flows;

import org.jspecify.annotations.NullMarked;
