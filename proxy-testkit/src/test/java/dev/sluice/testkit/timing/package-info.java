/** Tests of how long tests wait. */
@NullMarked
package dev.sluice.testkit.timing;

import org.jspecify.annotations.NullMarked;
