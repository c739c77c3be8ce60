/** Connection tracking entries over ctnetlink. */
@NullMarked
package dev.sluice.linux.conntrack;

import org.jspecify.annotations.NullMarked;
