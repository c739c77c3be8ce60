/** What a mode's data plane has carried, by Service and by endpoint. */
@NullMarked
package dev.sluice.core.traffic;

import org.jspecify.annotations.NullMarked;
