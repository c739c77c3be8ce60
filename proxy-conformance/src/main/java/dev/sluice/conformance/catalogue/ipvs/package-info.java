/** What only ipvs mode has: virtual servers, schedulers, drains, drift. */
@NullMarked
package dev.sluice.conformance.catalogue.ipvs;

import org.jspecify.annotations.NullMarked;
