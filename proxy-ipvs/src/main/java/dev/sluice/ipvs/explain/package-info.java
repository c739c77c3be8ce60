/** Where the desired state sends a packet, rule by rule. Asks the kernel nothing. */
@NullMarked
package dev.sluice.ipvs.explain;

import org.jspecify.annotations.NullMarked;
