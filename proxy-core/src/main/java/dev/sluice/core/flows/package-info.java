/**
 * Which tracked flows lead where nobody answers for their Service any more. The kernel asks the rules for the first packet of
 * a flow only; what is decided here makes the kernel ask again.
 */
@NullMarked
package dev.sluice.core.flows;

import org.jspecify.annotations.NullMarked;
