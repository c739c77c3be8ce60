@NullMarked
package dev.sluice.testkit.scale;

import org.jspecify.annotations.NullMarked;
