/** Links and addresses over rtnetlink: lists, changes and notifications. */
@NullMarked
package dev.sluice.linux.route;

import org.jspecify.annotations.NullMarked;
