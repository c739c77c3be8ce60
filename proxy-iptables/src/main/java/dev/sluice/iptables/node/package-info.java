/** What the rules need of the node itself: its addresses, kernel parameters and named counters. Knows no Service. */
@NullMarked
package dev.sluice.iptables.node;

import org.jspecify.annotations.NullMarked;
