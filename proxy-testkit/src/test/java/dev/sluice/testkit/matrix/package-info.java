@NullMarked
package dev.sluice.testkit.matrix;

import org.jspecify.annotations.NullMarked;
