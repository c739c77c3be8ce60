@NullMarked
package dev.sluice.conformance.matrix;

import org.jspecify.annotations.NullMarked;
