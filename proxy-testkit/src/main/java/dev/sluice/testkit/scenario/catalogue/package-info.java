/** Every behaviour that is tested with real packets, by topic. */
@NullMarked
package dev.sluice.testkit.scenario.catalogue;

import org.jspecify.annotations.NullMarked;
