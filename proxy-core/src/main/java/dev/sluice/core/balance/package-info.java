/** Load balancing that more than one mode does. Knows no scheduler. */
@NullMarked
package dev.sluice.core.balance;

import org.jspecify.annotations.NullMarked;
