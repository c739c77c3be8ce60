/** How long tests wait on machines of any speed. Knows nothing of what is waited for. */
@NullMarked
package dev.sluice.testkit.timing;

import org.jspecify.annotations.NullMarked;
