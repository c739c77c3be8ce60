@NullMarked
package dev.sluice.conformance.scenario;

import org.jspecify.annotations.NullMarked;
