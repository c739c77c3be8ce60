@NullMarked
package dev.sluice.testkit.scenario;

import org.jspecify.annotations.NullMarked;
