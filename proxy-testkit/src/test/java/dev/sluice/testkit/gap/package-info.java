@NullMarked
package dev.sluice.testkit.gap;

import org.jspecify.annotations.NullMarked;
