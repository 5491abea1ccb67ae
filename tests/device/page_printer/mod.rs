//! The page printer: dots that survive two independent readings of the manual, and certificates through every mishap.

mod mishaps;
mod pcl;
mod pjl;
