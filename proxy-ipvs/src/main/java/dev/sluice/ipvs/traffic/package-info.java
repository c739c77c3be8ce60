/** The traffic counters of virtual servers, summed by service port. */
@NullMarked
package dev.sluice.ipvs.traffic;

import org.jspecify.annotations.NullMarked;
