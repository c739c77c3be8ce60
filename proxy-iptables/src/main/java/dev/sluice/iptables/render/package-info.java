/** Renders Services as rules, in the text form of {@code iptables-save}. Pure: it knows no kernel and no rules that are there. */
@NullMarked
package dev.sluice.iptables.render;

import org.jspecify.annotations.NullMarked;
