/** How connections are spread over endpoints, as far as more than one mode does it. */
@NullMarked
package dev.sluice.core.balance;

import org.jspecify.annotations.NullMarked;
