"""Groups of image files, as simulations write them."""

from deepgalaxy.dataset.layout import create_sequences


def create_group(file, name, images, t_myr, attributes):
    """Write one merger: ``images`` (cameras, snapshots, height, width, channels) and ``t_myr`` (snapshots,)."""
    group = file.create_group(name)
    group.attrs.update(attributes)
    for sequence, of_camera in zip(create_sequences(group, images.shape[2:], images.dtype, t_myr, len(images)), images):
        sequence[:] = of_camera
