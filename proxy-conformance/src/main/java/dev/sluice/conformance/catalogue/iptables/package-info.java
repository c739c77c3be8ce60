/** What only iptables mode has: its rules, dispatch trees, restores, repairs. */
@NullMarked
package dev.sluice.conformance.catalogue.iptables;

import org.jspecify.annotations.NullMarked;
