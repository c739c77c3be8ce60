/** Traces a packet through the rendered rules. Reads nothing from the kernel. */
@NullMarked
package dev.sluice.iptables.explain;

import org.jspecify.annotations.NullMarked;
