@NullMarked
package dev.sluice.testkit.scenario.catalogue;

import org.jspecify.annotations.NullMarked;
