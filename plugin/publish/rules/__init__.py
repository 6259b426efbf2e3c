"""What has to hold before a painted shot leaves, one pure function a rule."""
