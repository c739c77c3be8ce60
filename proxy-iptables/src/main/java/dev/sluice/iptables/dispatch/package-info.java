/**
 * The trees of chains that lead a packet from the shared chains to the chains of its Service port. Knows rules by their text
 * only, and no kernel.
 */
@NullMarked
package dev.sluice.iptables.dispatch;

import org.jspecify.annotations.NullMarked;
