/** Where a packet goes, rule by rule. */
@NullMarked
package dev.sluice.core.trace;

import org.jspecify.annotations.NullMarked;
