/** Links, addresses and routes over rtnetlink. */
@NullMarked
package dev.sluice.linux.route;

import org.jspecify.annotations.NullMarked;
